// Imported for its side effect: on the loopback, small writes that wait for an acknowledgement (Nagle) cost 40 ms each;
// on a real network they do not wait for a delayed one.
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

subscribe('net.client.socket', (message) => {
  if (
    typeof message === 'object' &&
    message !== null &&
    'socket' in message &&
    message.socket instanceof Socket
  ) {
    message.socket.setNoDelay(true);
  }
});
