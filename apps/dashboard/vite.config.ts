import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv, type Plugin } from 'vite';

/** The application is a dynamic import of the small boot module: have both fetched at once. */
function preloadApplication(): Plugin {
  return {
    name: 'vedette-preload-application',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle }) => {
        const main = Object.values(bundle ?? {})
          .filter((file) => file.type === 'chunk')
          .find((chunk) => chunk.isDynamicEntry && chunk.name === 'main');
        if (main === undefined) return [];
        return [main.fileName, ...main.imports]
          .filter((fileName) => !html.includes(fileName))
          .map((fileName) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `/${fileName}` },
            injectTo: 'head',
          }));
      },
    },
  };
}

async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as BlobPart]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Compressed once here, never by the gateway. */
function precompress(): Plugin {
  return {
    name: 'vedette-precompress',
    apply: 'build',
    generateBundle: {
      // After Vite, which still writes into the chunks at this stage.
      order: 'post',
      async handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (!/\.(?:js|css)$/.test(file.fileName)) continue;
          const source = await gzip(file.type === 'chunk' ? file.code : file.source);
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source });
        }
      },
    },
  };
}

export default defineConfig(({ mode }) => {
  const { VEDETTE_GATEWAY: target = 'http://127.0.0.1:8080' } = loadEnv(mode, '.', 'VEDETTE_');
  // The gateway answers pages of its own origin only: it has to see the name that the browser used.
  const gateway = { target, changeOrigin: false };
  return {
    plugins: [react(), tailwindcss(), preloadApplication(), precompress()],
    build: {
      target: 'es2023',
      // No data: addresses and no inline code: the content security policy allows neither.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 650,
    },
    server: {
      proxy: {
        '/api': gateway,
        '/socket.io': { ...gateway, ws: true },
        // `/live/CAM` itself is a page; what is below it is media.
        '^/live/[^/]+/.+': gateway,
      },
    },
  };
});
