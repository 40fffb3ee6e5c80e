import { schedule } from '../src/carrier.js';
import { loadConfig } from '../src/config.js';
console.log(schedule(loadConfig()));
