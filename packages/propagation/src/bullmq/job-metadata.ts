import type { NormalizedPropagation } from '../carrier/propagation-options.ts';
import { type CarriedJob, checkCarriedJob } from './carried-job.ts';

/** What the metadata of a job says to this package, and to the telemetry that it wraps. */
export interface JobMetadata {
  readonly carried: CarriedJob | undefined;
  /** The metadata of the other telemetry. */
  readonly wrapped: string | undefined;
}

/** The property of the metadata that is ours. */
const own = 'requestContext';
/** Metadata longer than this is not parsed, in characters. */
const maxLength = 65_536;
const none: JobMetadata = { carried: undefined, wrapped: undefined };

/**
 * Returns the metadata of a job; undefined where it would be too long to be read. Where the other telemetry's metadata is
 * the JSON of an object, ours is one more property of it: a worker that has only the other telemetry can still read it.
 */
export function writeJobMetadata(
  carried: CarriedJob,
  wrapped: string | undefined,
): string | undefined {
  const others = wrapped === undefined ? {} : parseObject(wrapped);
  const isSame = wrapped === undefined || JSON.stringify(others) === wrapped;
  const isProperty = isSame && others !== undefined && !Object.hasOwn(others, own);
  const metadata = JSON.stringify(
    isProperty ? { ...others, [own]: carried } : { [own]: { ...carried, wrapped } },
  );
  return metadata.length > maxLength ? undefined : metadata;
}

/** Returns what the metadata of a job says. It can be of any shape. */
export function readJobMetadata(
  propagation: NormalizedPropagation,
  metadata: unknown,
): JobMetadata {
  if (typeof metadata !== 'string') return none;
  const parsed = parseObject(metadata);
  if (parsed === undefined || !Object.hasOwn(parsed, own)) {
    return { carried: undefined, wrapped: metadata };
  }
  const { [own]: ours, ...others } = parsed;
  const wrapped = (ours as { wrapped?: unknown } | null)?.wrapped;
  const rest = Object.keys(others).length === 0 ? undefined : JSON.stringify(others);
  return {
    carried: checkCarriedJob(propagation, ours),
    wrapped: typeof wrapped === 'string' ? wrapped : rest,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (text.length > maxLength) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
