import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../tests/kit/http.ts';
import { context, withRequestId } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it.each([
  ['sent at once', 1],
  ['sent late', 250],
])(
  'hold nothing of a request on a connection that waits for the next one, after a response %s',
  async (_when, ms) => {
    const held = { req: [], res: [], scope: [] } as Record<string, WeakRef<object>[]>;
    const note = (req: IncomingMessage, res: ServerResponse): void => {
      const inScope = {};
      context.set('probe' as never, inScope as never);
      held.req?.push(new WeakRef(req));
      held.res?.push(new WeakRef(res));
      held.scope?.push(new WeakRef(inScope));
    };
    const server = createServer(
      withRequestId(async (req, res) => {
        note(req, res);
        await delay(ms);
        res.end('answer');
      }),
    );
    server.keepAliveTimeout = 60_000;
    const url = await listen(server);
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await new Promise<IncomingMessage>((resolve) => {
          request(url, { agent }, resolve).end();
        });
        await answer.resume().toArray();
      }),
    );
    const stillHeld = async (): Promise<number[]> => {
      await delay(10);
      collectGarbage();
      return Object.values(held).map(
        (all) => all.filter((one) => one.deref() !== undefined).length,
      );
    };
    expect(Object.values(held).map((all) => all.length)).toEqual([20, 20, 20]);
    // The engine may still hold the last one.
    await expect
      .poll(stillHeld, { timeout: 5_000 })
      .toSatisfy((counts: number[]) => counts.every((count) => count <= 1));
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
  },
);
