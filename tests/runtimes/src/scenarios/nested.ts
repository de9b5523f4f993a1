import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, callListener, createClient } from '@request-context/conformance/engine';
import { getRequestId } from '@request-context/core';

/** Returns the distinct ids that are current at several places of a handler, as one text. */
export async function seenInside(req: IncomingMessage, res: ServerResponse): Promise<string> {
  const seen = [String(getRequestId())];
  const note = (): void => void seen.push(String(getRequestId()));
  await delay(1);
  note();
  for (const emitter of [req, res]) {
    emitter.once('custom', note);
    emitter.emit('custom');
  }
  await new Promise((resolve) => setImmediate(resolve));
  note();
  return [...new Set(seen)].join(' ');
}

/** Sends requests to a listener in the same process, with an id and without. Checks that each sees its id. */
export async function askInner(req: IncomingMessage, listener: RequestListener): Promise<void> {
  const outer = String(req.headers['x-request-id']);
  const sent = `${outer}.inner`;
  const [withId, without] = await Promise.all([ask(listener, sent), ask(listener)]);
  assert.deepEqual(withId, { echoed: sent, body: sent }, 'the inner request sees its own id');
  assert.equal(without.body, without.echoed, 'and so does one that sends none');
  assert.notEqual(without.body, outer);
}

/** Calls a listener. Returns the id that its response carries, and the body. */
async function ask(
  listener: RequestListener,
  id?: string,
): Promise<{ echoed: string | undefined; body: string }> {
  const received = await callListener(listener, '/', id);
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { echoed: /^x-request-id: (.+)$/im.exec(head)?.[1]?.trim(), body };
}

/** Requests a covered and an uncovered path in turn, on one connection. */
export async function visitUncovered({ url, id }: Client): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const client = createClient(url, id, agent);
  try {
    for (const _ of 'abc') {
      await client.send('/covered');
      const { body } = await client.send('/uncovered', { isCovered: false });
      assert.equal(body, 'undefined', 'there is no id where the adapter does not cover');
    }
  } finally {
    agent.destroy();
  }
}
