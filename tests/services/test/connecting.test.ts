import { Redis } from 'ioredis';
import { describe, expect, inject, it } from 'vitest';
import { connectOutside } from '../recipes/connect-outside.ts';
import { runCase, type Visit } from '../src/run-case.ts';
import { absence, services } from '../src/services.ts';

const { url } = services.redis;

interface Clients {
  readonly subscriber: Redis;
  readonly redis: Redis;
}

async function tallyOf(connect: (url: string) => Redis) {
  const suite = {
    async open() {
      const subscriber = connect(url);
      subscriber.setMaxListeners(0);
      return { subscriber, redis: new Redis(url) };
    },
    close: ({ subscriber, redis }: Clients) => Promise.all([subscriber.quit(), redis.quit()]),
  };
  const tally = { right: 0, lost: 0, foreign: 0 };
  const waiting = { title: 'waiting', places: ['message'], use: waitForMessage };
  await runCase(suite, waiting, { opening: 'by the first request', tally });
  return tally;
}

async function waitForMessage(
  { subscriber, redis }: Clients,
  { id, probe }: Visit,
): Promise<string> {
  await subscriber.subscribe(id);
  return new Promise((resolve) => {
    subscriber.on('message', (channel) => {
      if (channel !== id) return;
      probe('message');
      resolve(id);
    });
    void redis.publish(id, id);
  });
}

const isAbsent = inject('absentServices').includes('redis');

describe.skipIf(isAbsent)(
  `connecting in a request${isAbsent ? `: ${absence(services.redis)}` : ''}`,
  () => {
    it("show that request's id to all other requests", async () => {
      expect(await tallyOf(() => new Redis(url))).toEqual({ right: 1, lost: 0, foreign: 199 });
    });

    it('show no id where the client connects outside of requests', async () => {
      expect(await tallyOf(connectOutside)).toEqual({ right: 0, lost: 200, foreign: 0 });
    });
  },
);
