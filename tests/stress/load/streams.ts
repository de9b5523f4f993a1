import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Failure } from './client-plans.ts';

/** How each response ends: reset, or whole with a status. */
const ends: Record<Failure | 'ok', number | 'reset'> = {
  ok: 200,
  half: 'reset',
  ended: 200,
  throws: 500,
  rejects: 500,
};

interface Received {
  status: number | undefined;
  id: unknown;
  body: string;
  code: number;
}

function receive(stream: ClientHttp2Stream): Promise<Received> {
  let [status, id]: [number | undefined, unknown] = [undefined, undefined];
  let body = '';
  stream.on('response', (headers) => {
    status = headers[':status'];
    id = headers['x-request-id'];
  });
  stream.setEncoding('latin1').on('data', (chunk) => {
    body += chunk;
  });
  // `rstCode` holds the reason.
  stream.on('error', () => {});
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ status, id, body, code: stream.rstCode }));
  });
}

/** Sends a request. Returns what is wrong with the response, if anything. */
async function checkRequest(
  session: ClientHttp2Session,
  path: Failure | 'ok',
  id: string,
): Promise<string | undefined> {
  const got = await receive(session.request({ ':path': `/${path}`, 'x-request-id': id }));
  const end = ends[path];
  const isOwn = got.id === id && (got.body.match(/load-[\d-]*\d/g) ?? []).every((it) => it === id);
  const isRight =
    end === 'reset'
      ? got.code === constants.NGHTTP2_INTERNAL_ERROR && `${id}\n`.startsWith(got.body)
      : got.code === constants.NGHTTP2_NO_ERROR && got.status === end;
  return isOwn && isRight ? undefined : `${path} ${id}: ${JSON.stringify(got).slice(0, 500)}`;
}

/** Sends a request, and cancels its stream when the response begins. */
function abandon(session: ClientHttp2Session, path: Failure, id: string): Promise<Received> {
  const stream = session.request({ ':path': `/${path}`, 'x-request-id': id });
  stream.once('response', () => stream.close(constants.NGHTTP2_CANCEL));
  return receive(stream);
}

/**
 * Sends requests on streams, all at once. Half of the responses fail half-way. The client cancels some streams, and
 * destroys one more session in the middle. Returns what was wrong with the responses. The sessions stay open.
 */
export async function sendStreams(
  port: number,
  counts: { sessions: number; streams: number },
  prefix: string,
): Promise<{ problems: string[]; close: () => Promise<unknown> }> {
  const open = (): ClientHttp2Session => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    return session;
  };
  const sessions = Array.from({ length: counts.sessions }, open);
  const paths = ['half', 'ok', 'half', 'ended', 'half', 'throws', 'half', 'rejects'] as const;
  const checks = sessions.flatMap((session, s) =>
    Array.from({ length: counts.streams }, (_, n) =>
      checkRequest(session, paths[n % paths.length] ?? 'ok', `load-${prefix}-${s}-${n}`),
    ),
  );
  // A server ends a session after a thousand cancelled streams.
  const cancelled = sessions.flatMap((session, s) =>
    Array.from({ length: 50 }, (_, n) => abandon(session, 'half', `load-${prefix}-${s}-c${n}`)),
  );
  const destroyed = open();
  const lost = Array.from({ length: counts.streams }, (_, n) => {
    const stream = destroyed.request({ ':path': '/half', 'x-request-id': `load-${prefix}-d${n}` });
    stream.once('response', () => destroyed.destroy());
    return receive(stream);
  });
  const problems = await Promise.all(checks);
  await Promise.all([...cancelled, ...lost]);
  return {
    problems: problems.filter((problem) => problem !== undefined),
    close: () =>
      Promise.all(sessions.map((session) => new Promise<void>((done) => session.close(done)))),
  };
}
