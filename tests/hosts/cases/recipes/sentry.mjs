import { getRequestId } from '@request-context/core';
import * as Sentry from '@sentry/node';

Sentry.getGlobalScope().addEventProcessor((event) => {
  const id = getRequestId();
  return id === undefined ? event : { ...event, tags: { ...event.tags, request_id: id } };
});
