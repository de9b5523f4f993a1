import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Failure } from './askings.ts';

/** How the responses end: with an error code, or whole with a status. */
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
  // The code says why.
  stream.on('error', () => {});
  return new Promise((resolve) => {
    stream.on('close', () => resolve({ status, id, body, code: stream.rstCode }));
  });
}

/** Sends a request. Returns what is wrong with the response, if anything. */
async function problemOf(
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

/** Asks on a stream whose client or session goes while it is answered. */
function abandon(session: ClientHttp2Session, path: Failure, id: string): Promise<Received> {
  const stream = session.request({ ':path': `/${path}`, 'x-request-id': id });
  stream.once('response', () => stream.close(constants.NGHTTP2_CANCEL));
  return receive(stream);
}

/**
 * Has streams fail, all at once: half of them half-way. Some are cancelled by the client, and one more session
 * is destroyed in the middle. Returns what was wrong with the responses. The sessions stay open.
 */
export async function askByStreams(
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
  const asked = sessions.flatMap((session, s) =>
    Array.from({ length: counts.streams }, (_, n) =>
      problemOf(session, paths[n % paths.length] ?? 'ok', `load-${prefix}-${s}-${n}`),
    ),
  );
  // Servers take no more than a thousand cancelled streams of a session.
  const cancelled = sessions.flatMap((session, s) =>
    Array.from({ length: 50 }, (_, n) => abandon(session, 'half', `load-${prefix}-${s}-c${n}`)),
  );
  const destroyed = open();
  const lost = Array.from({ length: counts.streams }, (_, n) => {
    const stream = destroyed.request({ ':path': '/half', 'x-request-id': `load-${prefix}-d${n}` });
    stream.once('response', () => destroyed.destroy());
    return receive(stream);
  });
  const problems = await Promise.all(asked);
  await Promise.all([...cancelled, ...lost]);
  return {
    problems: problems.filter((problem) => problem !== undefined),
    close: () =>
      Promise.all(sessions.map((session) => new Promise<void>((done) => session.close(done)))),
  };
}
