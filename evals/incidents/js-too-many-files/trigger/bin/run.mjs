import { openSync } from 'node:fs';
import { loadFeatures } from '../src/config.js';
const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch {
  loadFeatures('/proc/self/status');
}
