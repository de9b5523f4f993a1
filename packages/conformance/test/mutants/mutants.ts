import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { context, type RequestIdOptions } from '@request-context/core';
import { withRequestId } from '@request-context/node-http';
import type { Adapter } from '../../src/contract.ts';
import { adapterBy, type Wrap } from './control.ts';
import { allBut } from './key-scenarios.ts';

/** An adapter that is wrong in one way. */
export interface Mutant {
  /** Completes the sentence "An adapter that ...". */
  readonly what: string;
  readonly adapter: Adapter;
  /** The key scenarios that it fails. */
  readonly breaks: readonly string[];
  /** The key scenarios that it fails on some versions of Node only. */
  readonly varies?: readonly string[];
}

type Response = Parameters<RequestListener>[1];
type Options = RequestIdOptions<IncomingMessage>;

function mutant(what: string, breaks: readonly string[], wrap: Wrap): Mutant {
  return { what, breaks, adapter: adapterBy(what, wrap) };
}

/** Returns an adapter that is correct except for the options that it passes on. */
function withOptions(
  what: string,
  breaks: readonly string[],
  change: (options: Options) => Options,
): Mutant {
  return mutant(what, breaks, (listener, { options }) =>
    withRequestId(listener, change((options ?? {}) as Options)),
  );
}

/** Returns an adapter that ignores one option. */
function ignoring(option: keyof Options, ...breaks: readonly string[]): Mutant {
  return withOptions(`ignores \`${option}\``, breaks, ({ [option]: _, ...options }) => options);
}

/** Returns a correct adapter that changes each request and response before the listener runs. */
function withInside(
  what: string,
  breaks: readonly string[],
  change: (req: IncomingMessage, res: ServerResponse) => void,
): Mutant {
  return mutant(what, breaks, (listener, { options }) =>
    withRequestId<IncomingMessage, Response>((req, res) => {
      change(req, res);
      return listener(req, res);
    }, options),
  );
}

/** Returns the AsyncLocalStorage of the context, which is private. */
function findStorage(): AsyncLocalStorage<unknown> {
  const { prototype } = AsyncLocalStorage;
  const { run } = prototype;
  let found: AsyncLocalStorage<unknown> | undefined;
  prototype.run = function (this: AsyncLocalStorage<unknown>, ...args: unknown[]) {
    found ??= this;
    return Reflect.apply(run, this, args);
  } as typeof run;
  try {
    context.run({}, () => {});
  } finally {
    prototype.run = run;
  }
  return found as AsyncLocalStorage<unknown>;
}

const storage = findStorage();

/** Responds with 500 when the listener's promise rejects, which a hand-written adapter does not do otherwise. */
function callListener(listener: RequestListener, req: IncomingMessage, res: ServerResponse): void {
  const result = listener(req, res) as unknown;
  if (result instanceof Promise) {
    result.catch(() => {
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end();
    });
  }
}

/** The eight lines that people write by hand. */
const naive: Wrap = (listener) => (req, res) => {
  const requestId = String(req.headers['x-request-id'] ?? crypto.randomUUID());
  (req as { id?: string }).id = requestId;
  res.setHeader('X-Request-ID', requestId);
  context.run({ requestId }, () => callListener(listener, req, res));
};

/** Wraps each listener that is added later, so that it runs in the current scope. */
function wrapListeners(emitter: EventEmitter): void {
  for (const method of ['on', 'once', 'addListener', 'prependListener'] as const) {
    const add = emitter[method];
    emitter[method] = function (this: EventEmitter, event: string, listener: () => void) {
      return Reflect.apply(add, this, [event, context.bind(listener)]);
    } as never;
  }
}

/** Values that live as long as their scope. */
const held = new WeakMap<object, unknown>();

export const mutants: readonly Mutant[] = [
  withOptions(
    'ignores every option',
    [
      'adopt-max-length',
      'adopt-validate',
      'replace-max-length',
      'replace-on-invalid',
      'reject-invalid',
      'trust-nobody',
      'trust-other-address',
      'inbound-further',
      'header-named',
      'header-echo-off',
      'expose-alone',
      'generate-used',
      'generate-throws',
      'values-added',
      'options-unknown',
    ],
    () => ({}),
  ),
  ignoring('header', 'header-named'),
  ignoring('inbound', 'inbound-further'),
  ignoring('trust', 'trust-nobody', 'trust-other-address'),
  ignoring('validate', 'adopt-validate'),
  ignoring('maxLength', 'adopt-max-length', 'replace-max-length'),
  ignoring('generate', 'generate-used', 'generate-throws'),
  ignoring('onInvalid', 'replace-on-invalid', 'reject-invalid'),
  ignoring('echo', 'header-echo-off'),
  ignoring('exposeHeader', 'expose-alone'),
  ignoring('values', 'values-added'),
  withOptions(
    'uses one id for all requests without one',
    [
      'adopt-none',
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'replace-on-invalid',
      'trust-nobody',
      'trust-other-address',
    ],
    (options) => ({
      generate: () => 'constant',
      ...options,
    }),
  ),
  withOptions(
    'adopts anything',
    [
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'replace-on-invalid',
      'reject-invalid',
    ],
    (options) => ({
      ...options,
      validate: () => true,
      maxLength: 8192,
    }),
  ),
  withOptions(
    'adopts markup',
    ['replace-markup', 'replace-on-invalid', 'reject-invalid'],
    (options) => ({
      validate: (id) => /^[\w.~+/=@:<>-]+$/.test(id),
      ...options,
    }),
  ),
  withOptions('adopts ids of any length', ['replace-too-long'], (options) => ({
    maxLength: 8192,
    ...options,
  })),
  withOptions(
    'adopts nothing',
    allBut(
      'adopt-none',
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'trust-nobody',
      'trust-other-address',
      'generate-used',
      'generate-throws',
      'options-unknown',
    ),
    (options) => ({ ...options, trust: false }),
  ),
  withOptions('trusts X-Forwarded-For', ['trust-address', 'trust-other-address'], (options) => {
    const { trust } = options;
    if (typeof trust !== 'string') return options;
    const isTrusted = ({ headers }: IncomingMessage): boolean =>
      String(headers['x-forwarded-for'] ?? '').includes(trust);
    return { ...options, trust: isTrusted };
  }),
  mutant(
    'uses the id of the previous request',
    allBut('header-named', 'options-unknown'),
    (listener, { options }) => {
      const inner = withRequestId(listener, options);
      let last = 'first';
      return (req, res) => {
        const { 'x-request-id': id } = req.headers;
        req.headers['x-request-id'] = last;
        last = String(id ?? last);
        inner(req, res);
      };
    },
  ),
  withOptions('does not echo', allBut('header-echo-off', 'options-unknown'), (options) => ({
    ...options,
    echo: false,
  })),
  mutant('echoes another id', allBut('options-unknown'), (listener, { options }) => {
    const inner = withRequestId(listener, { ...options, echo: false } as Options);
    return (req, res) => {
      res.setHeader('X-Request-ID', crypto.randomUUID());
      inner(req, res);
    };
  }),
  mutant(
    'echoes what was sent',
    [
      'adopt-none',
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'replace-on-invalid',
      'reject-invalid',
      'trust-nobody',
      'trust-other-address',
      'inbound-further',
      'header-named',
      'header-echo-off',
      'expose-alone',
      'generate-used',
      'generate-throws',
      'echo-removed',
      'echo-write-head',
    ],
    (listener, { options }) => {
      const inner = withRequestId(listener, { ...options, echo: false } as Options);
      return (req, res) => {
        const sent = req.headers['x-request-id'];
        if (sent !== undefined) res.setHeader('X-Request-ID', sent);
        inner(req, res);
      };
    },
  ),
  mutant(
    'sets the header once and does not restore it',
    [
      'reject-invalid',
      'header-named',
      'header-echo-off',
      'expose-alone',
      'generate-throws',
      'echo-removed',
      'echo-write-head',
    ],
    (listener, { options }) =>
      withRequestId<IncomingMessage, Response>(
        (req, res) => {
          res.setHeader('X-Request-ID', String(context.get('requestId')));
          return listener(req, res);
        },
        { ...options, echo: false } as Options,
      ),
  ),
  withInside(
    'sets no req.id',
    [
      'adopt-valid',
      'adopt-max-length',
      'adopt-validate',
      'adopt-none',
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'replace-on-invalid',
      'trust-nobody',
      'trust-address',
      'trust-other-address',
      'inbound-further',
      'header-named',
      'header-echo-off',
      'values-added',
    ],
    (req) => {
      delete (req as { id?: string }).id;
    },
  ),
  mutant(
    'is written by hand',
    allBut(
      'isolation-values',
      'adopt-valid',
      'adopt-none',
      'adopt-max-length',
      'adopt-validate',
      'trust-address',
      'echo-handler',
      'echo-static',
      'flow-handler',
      'listeners-listed',
      'listeners-removed',
      'isolation-ambient',
      'isolation-nested',
      'isolation-caller',

      'isolation-prototypes',
      'retention-request',
      'retention-scope',
    ),
    naive,
  ),
  mutant(
    'keeps the id in a global variable',
    [
      'adopt-valid',
      'adopt-none',
      'adopt-max-length',
      'adopt-validate',
      'replace-too-long',
      'replace-markup',
      'replace-max-length',
      'replace-on-invalid',
      'trust-nobody',
      'trust-address',
      'trust-other-address',
      'inbound-further',
      'header-named',
      'header-echo-off',
      'values-added',
      'isolation-values',
      'isolation-ambient',
      'isolation-nested',
      'isolation-pipelined',
      'retention-request',
    ],
    (listener, { options }) => {
      const global = context.run({}, () => storage.getStore());
      return withRequestId<IncomingMessage, Response>((req, res) => {
        const id = context.require('requestId');
        return storage.run(global, () => {
          context.set('requestId', id);
          return listener(req, res);
        });
      }, options);
    },
  ),
  {
    ...mutant(
      'enters with enterWith',
      ['isolation-nested', 'isolation-caller'],
      (listener, { options }) => {
        let scope: unknown;
        const inner = withRequestId<IncomingMessage, Response>((req, res) => {
          scope = storage.getStore();
          return listener(req, res);
        }, options);
        return (req, res) => {
          inner(req, res);
          storage.enterWith(scope);
        };
      },
    ),
    varies: ['isolation-pipelined'],
  },
  withInside('wraps listeners', ['listeners-listed', 'listeners-removed'], (req, res) => {
    wrapListeners(req);
    wrapListeners(res);
  }),
  withInside('holds the request', ['retention-request'], (req) => {
    held.set(storage.getStore() as object, req);
  }),
  mutant('holds the scope', ['retention-scope'], (listener, { options }) => {
    const scopes: unknown[] = [];
    return withRequestId<IncomingMessage, Response>((req, res) => {
      scopes.push(storage.getStore());
      return listener(req, res);
    }, options);
  }),
  mutant(
    'adopts the ambient scope',
    ['isolation-ambient', 'isolation-nested'],
    (listener, { options }) => {
      const outside = withRequestId(listener, options);
      return (req, res) => {
        const requestId = context.get('requestId');
        if (requestId === undefined) return outside(req, res);
        res.setHeader('X-Request-ID', requestId);
        callListener(listener, req, res);
      };
    },
  ),
  withInside('patches prototypes', ['isolation-prototypes'], () => {
    const { emit } = EventEmitter.prototype;
    EventEmitter.prototype.emit = function (...args) {
      return Reflect.apply(emit, this, args);
    };
    setImmediate(() => {
      EventEmitter.prototype.emit = emit;
    });
  }),
  mutant('checks no options at set-up', ['options-unknown'], (listener, { options }) => {
    let inner: RequestListener | undefined;
    return (req, res) => {
      inner ??= withRequestId(listener, options);
      inner(req, res);
    };
  }),
];
