import Koa3 from 'koa';
import Koa2 from 'koa2';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { uuid } from '../../../tests/kit/http.ts';
import { getRequestId, requestId } from '../src/index.ts';

describe.each([
  ['Koa 2', Koa2 as unknown as typeof Koa3],
  ['Koa 3', Koa3],
])('%s', (_name, Koa) => {
  it("show the id to the app's error listeners, and echo it after ctx.onerror", async () => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.on('error', (error, ctx) => seen.push(error.message, getRequestId(), ctx.state.requestId));
    app.use(requestId());
    app.use(async (ctx) => {
      ctx.set('X-Other', 'removed by ctx.onerror');
      await Promise.resolve();
      throw new Error('on purpose');
    });
    const answer = await request(app.callback()).get('/').set('X-Request-ID', 'myid').expect(500);
    expect(answer.headers).toMatchObject({ 'x-request-id': 'myid' });
    expect(answer.headers).not.toHaveProperty('x-other');
    expect(seen).toEqual(['on purpose', 'myid', 'myid']);
  });

  it("call the app's own ctx.onerror in the request's scope, after successful responses too", async () => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.context.onerror = (error) => seen.push(error, getRequestId());
    app.use(requestId());
    app.use((ctx) => {
      ctx.body = 'good';
    });
    await request(app.callback()).get('/').set('X-Request-ID', 'myid').expect(200, 'good');
    expect(seen).toEqual([null, 'myid']);
  });

  describe('from the second request on', () => {
    /** Sends two requests to one server. Returns the second response's id from its header and its body. */
    async function askTwice(app: Koa3): Promise<unknown[]> {
      const server = app.callback();
      await request(server).get('/');
      const { headers, text } = await request(server).get('/').set('X-Request-ID', 'myid');
      return [headers['x-request-id'], text];
    }

    it('open the scope before Koa starts, and not replace ctx.onerror, if it is the first middleware', async () => {
      const own: boolean[] = [];
      const app = new Koa();
      app.use(requestId());
      app.use(async (ctx) => {
        await null;
        own.push(Object.hasOwn(ctx, 'onerror'));
        ctx.body = String(getRequestId());
      });
      expect(await askTwice(app)).toEqual(['myid', 'myid']);
      expect(own).toEqual([true, false]);
      expect(Object.keys(app)).not.toContain('handleRequest');
    });

    it.each(['before the first request', 'later'])(
      'leave middleware outside the scope that is inserted ahead of it %s',
      async (when) => {
        const seen: unknown[] = [];
        const app = new Koa();
        app.use(requestId());
        const first: Koa3.Middleware = (ctx) => {
          seen.push(getRequestId());
          ctx.body = 'outside';
        };
        if (when === 'later') {
          app.use((ctx) => {
            ctx.body = String(getRequestId());
          });
          expect(await askTwice(app)).toEqual(['myid', 'myid']);
        }
        app.middleware.unshift(first);
        expect(await askTwice(app)).toEqual([undefined, 'outside']);
        expect(seen).toEqual([undefined, undefined]);
      },
    );

    it('call the functions among its options once per request, and still reject invalid ids', async () => {
      const paths: string[] = [];
      const app = new Koa();
      app.on('error', () => {});
      app.use(
        requestId({
          onInvalid: 'reject',
          values: (ctx) => {
            paths.push(ctx.path);
            return {};
          },
        }),
      );
      app.use((ctx) => {
        ctx.body = String(getRequestId());
      });
      expect(await askTwice(app)).toEqual(['myid', 'myid']);
      expect(paths).toEqual(['/', '/']);
      const refused = await request(app.callback()).get('/').set('X-Request-ID', '"').expect(400);
      expect(refused.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'x-request-id': expect.stringMatching(uuid),
      });
    });
  });

  it('add no enumerable property to ctx', async () => {
    let before: string[] = [];
    let after: string[] = [];
    const app = new Koa();
    app.use((ctx, next) => {
      before = Object.keys(ctx);
      return next();
    });
    app.use(requestId());
    app.use((ctx) => {
      after = Object.keys(ctx);
    });
    await request(app.callback()).get('/');
    expect(after).toEqual(before);
  });
});
