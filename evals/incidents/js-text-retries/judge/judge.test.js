import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedule } from './src/carrier.js';
import { loadConfig } from './src/config.js';
test('three retries by default', () => {
  assert.equal(schedule(loadConfig({ CARRIER_API_KEY: 'k' })).length, 3);
  assert.equal(schedule(loadConfig({ CARRIER_API_KEY: 'k', CARRIER_RETRIES: '5' })).length, 5);
});
