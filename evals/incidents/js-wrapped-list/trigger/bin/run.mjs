import { tagsInUse } from '../src/listing.js';
console.log(tagsInUse().join());
