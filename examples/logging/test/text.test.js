import { describeHello } from '../../support/describe-hello.js';

describeHello('logging');
