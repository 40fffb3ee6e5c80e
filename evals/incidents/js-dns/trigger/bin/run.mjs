import { quote } from '../src/carrier.js';
await quote({ carrierUrl: 'http://carrier.invalid/quotes' }, { grams: 100, country: 'DE' });
