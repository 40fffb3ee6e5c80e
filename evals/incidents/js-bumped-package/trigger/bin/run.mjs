import { labelsOf } from '../src/labels.js';

console.log(labelsOf([{ number: 1042, paid: true }]).join('\n'));
