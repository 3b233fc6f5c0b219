import t from 'tap';
import { threadPoolSize } from '../../dist/capture/thread-pool.js';

t.test('each camera adds the threads it may hold, within the limit of libuv', (t) => {
  t.equal(threadPoolSize(0), 4);
  t.equal(threadPoolSize(1), 8);
  t.equal(threadPoolSize(16), 68);
  t.equal(threadPoolSize(100_000), 1024);
  t.equal(threadPoolSize(-3), 4);
  t.end();
});
