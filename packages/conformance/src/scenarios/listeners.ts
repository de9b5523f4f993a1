import assert from 'node:assert/strict';
import type { EventEmitter } from 'node:events';
import type { HttpScenario, ProbedExchange } from '../http-scenario.ts';

/** Returns a scenario that checks what a request's emitters do with listeners. */
function listenersScenario(
  id: string,
  title: string,
  check: (emitter: EventEmitter, event: string) => void,
): HttpScenario {
  function checkBoth(x: ProbedExchange): void {
    for (const target of ['req', 'res'] as const) {
      for (const event of ['end', 'custom']) check(x[target], event);
      x.probe(target);
    }
    x.send();
  }
  return {
    id: `listeners-${id}`,
    title,
    needs: ['node'],
    probes: ['req', 'res'],
    routes: { 'GET /': checkBoth },
    async visit(client) {
      // A check that fails is an error of the route.
      const { status } = await client.send('/');
      assert.equal(status, 200, 'the listeners are as they were added');
    },
  };
}

function listener(): void {}

/** What the emitters of a request do with listeners: the same as Node's. */
export const listenersScenarios: readonly HttpScenario[] = [
  listenersScenario(
    'listed',
    'list the listeners of req and res as they were added',
    (emitter, event) => {
      const before = emitter.listenerCount(event);
      emitter.on(event, listener);
      emitter.once(event, listener);
      const added = emitter.listeners(event).slice(-2);
      const [raw, once] = emitter.rawListeners(event).slice(-2) as { listener?: unknown }[];
      emitter.off(event, listener);
      emitter.off(event, listener);
      assert.deepEqual(added, [listener, listener]);
      assert.equal(raw, listener);
      assert.equal(once?.listener, listener);
      assert.equal(emitter.listenerCount(event), before);
    },
  ),
  listenersScenario(
    'counted',
    'count the listeners of req and res as Node does',
    (emitter, event) => {
      const before = emitter.listenerCount(event, listener as never);
      emitter.on(event, listener);
      const count = emitter.listenerCount(event, listener as never);
      emitter.off(event, listener);
      // Before Node 19.8, the listener makes no difference.
      assert.equal(count, before + 1);
    },
  ),
  listenersScenario(
    'removed',
    'remove a listener of req and res by on and off, once and off',
    (emitter) => {
      let calls = 0;
      const count = (): void => {
        calls += 1;
      };
      emitter.on('removed', count).off('removed', count);
      emitter.once('removed', count).off('removed', count);
      emitter.prependListener('removed', count).removeListener('removed', count);
      assert.equal(emitter.emit('removed'), false);
      assert.equal(calls, 0);
    },
  ),
  listenersScenario('called', 'call the listeners of req and res as Node does', (emitter) => {
    const calls: unknown[] = [];
    emitter.once('called', function (this: unknown, ...args) {
      calls.push('once', this === emitter, ...args);
    });
    emitter.prependListener('called', () => calls.push('first'));
    assert.equal(emitter.emit('called', 1, 2), true);
    assert.equal(emitter.emit('called'), true);
    assert.deepEqual(calls, ['first', 'once', true, 1, 2, 'first']);
    emitter.removeAllListeners('called');
  }),
  listenersScenario(
    'announced',
    "announce listeners of req and res by 'newListener'",
    (emitter) => {
      const announced: unknown[] = [];
      const note = (_event: string, added: unknown): void => void announced.push(added);
      emitter.on('newListener', note);
      emitter.once('announced', listener);
      emitter.off('newListener', note);
      emitter.off('announced', listener);
      assert.deepEqual(announced, [listener]);
    },
  ),
];
