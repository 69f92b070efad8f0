import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Provider as TooltipProvider } from '@radix-ui/react-tooltip';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from '@vedette/client';
import { GatewayLinkContext } from './app/gateway-banner.tsx';
import { router } from './app/router.ts';
import { refreshAccount } from './account/use-account.ts';
import { isStrangersPage } from './login/next-place.ts';
import { GatewayLink } from './cameras/gateway-link.ts';

const TOOLTIP_DELAY_MS = 500;

/** The login has ended, or a password was wrong: the account says which. */
function onError(error: Error): void {
  if (error instanceof ApiError && error.status === 401) void refreshAccount(client);
}

const client: QueryClient = new QueryClient({
  defaultOptions: { queries: { refetchOnWindowFocus: false } },
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
});
const link = new GatewayLink(client);
// Whoever is not known yet hears nothing.
if (!isStrangersPage(location)) link.open();

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no #root');
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <GatewayLinkContext value={link}>
        <TooltipProvider delayDuration={TOOLTIP_DELAY_MS}>
          <RouterProvider router={router} />
        </TooltipProvider>
      </GatewayLinkContext>
    </QueryClientProvider>
  </StrictMode>,
);
