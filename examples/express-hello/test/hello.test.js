import { describeHello } from '../../support/describe-hello.js';

describeHello('express-hello');
