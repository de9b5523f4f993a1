import { describe, expect, it, onTestFinished } from 'vitest';
import { send } from '../../kit/http.ts';
import { type CorsSetup, corsApps } from './support/cors-apps.ts';

const all = corsApps.map((app) => [app.name, app] as const);

describe.each(all)('exposeHeader in %s', (_name, app) => {
  async function exposed(setup: CorsSetup, path = '/'): Promise<string | undefined> {
    const { url, close } = await app.start(setup);
    onTestFinished(close);
    const response = await send(url + path, { headers: { Origin: 'http://example.com' } });
    return response.headers['access-control-expose-headers'];
  }

  describe.each([
    ['before', true],
    ['after', false],
  ])('with the CORS middleware %s', (_order, corsFirst) => {
    it.each<[exposed: string | string[] | undefined, expected: string[]]>([
      [undefined, ['X-Request-ID']],
      [
        ['ETag', 'Link'],
        ['ETag', 'Link', 'X-Request-ID'],
      ],
      ['x-request-id', ['x-request-id']],
    ])('expose the id along with %j', async (own, expected) => {
      const header = await exposed({ corsFirst, ...(own === undefined ? {} : { exposed: own }) });
      expect(header?.split(/, */)).toEqual(expected);
    });

    it.each(['/fails', '/nowhere'])(
      'expose the id along with other headers on %s',
      async (path) => {
        const tokens = (await exposed({ corsFirst, exposed: 'ETag' }, path))?.split(/, */);
        expect(tokens).toContain('X-Request-ID');
      },
    );

    it('leave the header alone without the option', async () => {
      expect(await exposed({ corsFirst, exposed: 'ETag', exposeHeader: false })).toBe('ETag');
      expect(await exposed({ corsFirst, exposeHeader: false })).toBeUndefined();
    });
  });
});
