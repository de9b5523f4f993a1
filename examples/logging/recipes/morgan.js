import { requestId } from '@request-context/express';
import { requestIdToken } from '@request-context/logging/morgan';
import express from 'express';
import morgan from 'morgan';

requestIdToken(morgan);

export const app = express();
app.use(morgan(':request-id :method :url :status'));
app.use(requestId());
app.get('/orders/:id', (_req, res) => void res.send('saved\n'));
