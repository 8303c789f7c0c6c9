// The server's side of a WebSocket, as much as the mock needs: text frames, ping, close (RFC 6455).

import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Answers the upgrade and hands over `{ send, close }`; texts and the end come through the callbacks. */
export function accept(request, socket, { onText, onClose }) {
  const key = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + GUID)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  let buffer = Buffer.alloc(0);
  let text = "";
  socket.on("data", (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (let frame = read(buffer); frame; frame = read(buffer)) {
      buffer = buffer.subarray(frame.size);
      if (frame.opcode === 8) return socket.end(Buffer.from([0x88, 0]));
      if (frame.opcode === 9)
        socket.write(Buffer.concat([Buffer.from([0x8a, frame.payload.length]), frame.payload]));
      if (frame.opcode > 1) continue;
      text += frame.payload.toString("utf8");
      if (!frame.final) continue;
      onText(text);
      text = "";
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", onClose);
  return {
    send: (message) => socket.writable && socket.write(framed(JSON.stringify(message))),
    close: () => socket.destroy(),
  };
}

function read(buffer) {
  if (buffer.length < 2) return null;
  const [first, second] = buffer;
  let length = second & 0x7f;
  let at = 2;
  if (length === 126) {
    if (buffer.length < 4) return null;
    length = buffer.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (buffer.length < 10) return null;
    length = Number(buffer.readBigUInt64BE(2));
    at = 10;
  }
  const masked = second & 0x80;
  const size = at + (masked ? 4 : 0) + length;
  if (buffer.length < size) return null;
  const payload = Buffer.from(buffer.subarray(size - length, size));
  if (masked) for (let index = 0; index < length; index += 1) payload[index] ^= buffer[at + (index % 4)];
  return { opcode: first & 0x0f, final: Boolean(first & 0x80), payload, size };
}

function framed(text) {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = payload.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}
