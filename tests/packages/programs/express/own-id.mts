// The application has an `id` among the members of Express's requests, as many guides advise.
import { requestId } from '@request-context/express';
import express from 'express';

declare global {
  namespace Express {
    interface Request {
      id?: string;
    }
  }
}

const app = express();
app.use(requestId());
app.get('/', (req, res) => {
  const id: string = req.id;
  res.send(id);
});
// The application's own declaration stays what it was.
export const read = (req: Express.Request): string | undefined => req.id;
