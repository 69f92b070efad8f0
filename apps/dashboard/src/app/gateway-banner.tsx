import { Unplug } from 'lucide-react';
import { createContext, use, useSyncExternalStore, type ReactNode } from 'react';
import type { GatewayLink, LinkState } from '../cameras/gateway-link.ts';
import { messages } from '../messages/index.ts';

export const GatewayLinkContext = createContext<GatewayLink | null>(null);

const nothing = (): void => undefined;

function useLinkState(): LinkState {
  const link = use(GatewayLinkContext);
  return useSyncExternalStore(
    (listener) => link?.subscribe(listener) ?? nothing,
    () => link?.state ?? 'connecting',
  );
}

/** Says that the gateway is gone. The pictures stay; what is on screen may be old. */
export function GatewayBanner(): ReactNode {
  const isLost = useLinkState() === 'lost';
  return (
    <div role="status">
      {isLost && (
        <div className="flex flex-wrap items-center gap-x-2 border-b border-line bg-surface px-4 py-2 text-small">
          <Unplug size={16} className="text-warn" aria-hidden />
          <span className="font-medium">{messages.gateway.lost}</span>
          <span className="text-muted">{messages.gateway.lostHint}</span>
        </div>
      )}
    </div>
  );
}
