import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { listen, uuid } from '../kit/http.ts';
import { type CorsSetup, corsApps } from '../runtimes/test/support/cors-apps.ts';
import { chromiumPath } from './require-chromium.ts';

/** What a script of another origin can see of a response. */
interface Seen {
  status: number;
  id: string | null;
  body: string;
}

const profile = mkdtempSync(join(tmpdir(), 'request-context-chromium-'));
let browser: BrowserContext;

beforeAll(async () => {
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true });
});

/** Opens a page of another origin: another port is another origin. */
async function openPage(): Promise<Page> {
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Page</title>');
  });
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(await listen(server));
  return page;
}

/** Fetches from within the page. Returns what its script can read. */
function fetchIn(page: Page, url: string, id?: string): Promise<Seen | string> {
  return page.evaluate(
    async ([address, sent]) => {
      try {
        const headers: Record<string, string> = sent === undefined ? {} : { 'X-Request-ID': sent };
        const response = await fetch(address, { headers });
        const { status } = response;
        return { status, id: response.headers.get('X-Request-ID'), body: await response.text() };
      } catch (error) {
        return String(error);
      }
    },
    [url, id] as const,
  );
}

describe.each(corsApps.map((app) => [app.name, app] as const))('%s, in Chromium', (_name, app) => {
  async function serve(setup: CorsSetup): Promise<string> {
    const { url, close } = await app.start(setup);
    onTestFinished(close);
    return url;
  }

  it.each([true, false])(
    'lets a script of another origin read the id; CORS middleware first: %s',
    async (corsFirst) => {
      const page = await openPage();
      const url = await serve({ corsFirst, exposed: 'ETag' });
      expect(await fetchIn(page, url)).toMatchObject({
        status: 200,
        id: expect.stringMatching(uuid),
      });
      // Not a simple header: the browser asks by a preflight first.
      expect(await fetchIn(page, url, 'from-the-page')).toMatchObject({
        status: 200,
        id: 'from-the-page',
      });
      expect(await fetchIn(page, `${url}/fails`)).toMatchObject({
        status: 500,
        id: expect.stringMatching(uuid),
      });
    },
  );

  it('lets it read the answer to a refused id, with the CORS middleware first', async () => {
    const page = await openPage();
    const seen = await fetchIn(page, await serve({ corsFirst: true }), '<script>');
    expect(seen).toMatchObject({ status: 400, id: expect.stringMatching(uuid) });
    expect(JSON.parse((seen as Seen).body)).toMatchObject({ title: 'Bad Request' });
  });

  it('does not unless asked to', async () => {
    const page = await openPage();
    const url = await serve({ exposeHeader: false, exposed: 'ETag' });
    expect(await fetchIn(page, url)).toEqual({ status: 200, id: null, body: 'hello' });
  });
});
