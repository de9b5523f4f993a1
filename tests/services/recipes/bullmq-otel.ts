import { requestContextTelemetry } from '@request-context/propagation/bullmq';
import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

/** Carries the id beside the trace. For each Queue, FlowProducer and Worker. */
export const telemetry: Telemetry = requestContextTelemetry({
  wrap: new BullMQOtel({ tracerName: 'app' }),
});
