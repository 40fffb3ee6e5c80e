import { EventEmitter } from 'node:events';

import { openPage } from '../src/feed.js';

export async function serve(visitors) {
  for (let visitor = 0; visitor < visitors; visitor += 1) {
    const connection = new EventEmitter();
    connection.send = () => undefined;
    openPage(connection);
    connection.emit('close');
  }
}

await serve(40);
