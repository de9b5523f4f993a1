import { context, getRequestId } from '@request-context/core';
import { Redis } from 'ioredis';
import { describe, expect, inject, it } from 'vitest';
import { runCase } from '../src/run-case.ts';
import { absence, services } from '../src/services.ts';
import type { Exchange } from '../src/types.ts';

const options = { places: ['message'], opening: 'by the first request' } as const;
const { url } = services.redis;

// At the top of a module, where no request is handled.
const outside = context.snapshot();
const connectOutside = () => outside(() => new Redis(url));

function suiteOf(connect: () => Redis) {
  return {
    async open() {
      const subscriber = connect();
      subscriber.setMaxListeners(0);
      return { subscriber, redis: new Redis(url) };
    },
    async close({ subscriber, redis }: { subscriber: Redis; redis: Redis }) {
      await Promise.all([subscriber.quit(), redis.quit()]);
    },
  };
}

async function waitForMessage(
  { subscriber, redis }: { subscriber: Redis; redis: Redis },
  { id, note }: Exchange,
): Promise<string> {
  await subscriber.subscribe(id);
  return new Promise((resolve) => {
    subscriber.on('message', (channel) => {
      if (channel !== id) return;
      note('message', getRequestId());
      resolve(id);
    });
    void redis.publish(id, id);
  });
}

const isAbsent = inject('absentServices').includes('redis');

describe.skipIf(isAbsent)(
  `connecting in a request${isAbsent ? `: ${absence(services.redis)}` : ''}`,
  () => {
    it('gives that request away to all others, plainly done', async () => {
      const suite = suiteOf(() => new Redis(url));
      const { tallies } = await runCase(suite, waitForMessage, options);
      expect(tallies.get('message')).toEqual({ right: 1, lost: 0, foreign: 199 });
    });

    it('outside of it shows none', async () => {
      const suite = suiteOf(connectOutside);
      const { tallies } = await runCase(suite, waitForMessage, options);
      expect(tallies.get('message')).toEqual({ right: 0, lost: 200, foreign: 0 });
    });
  },
);
