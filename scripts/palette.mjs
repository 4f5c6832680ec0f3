/** Makes a PNG of flat colours small: a palette of the colours that are most used, each other one the nearest of them. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const HEAD = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const MOST = 128;
const BITS = 0xf8;

/** The same picture with 128 colours at most; takes a PNG as browsers write it: 8 bits, with or without alpha. */
export function withPalette(png) {
  const { width, height, channels, pixels } = decode(png);
  const keys = new Uint32Array(width * height);
  const counts = new Map();
  for (let at = 0; at < keys.length; at += 1) {
    const from = at * channels;
    const key = ((pixels[from] & BITS) << 16) | ((pixels[from + 1] & BITS) << 8) | (pixels[from + 2] & BITS);
    keys[at] = key;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { count: 1, from });
    else known.count += 1;
  }
  const used = [...counts].sort(([, a], [, b]) => b.count - a.count);
  const palette = used.slice(0, MOST).map(([, { from }]) => [...pixels.subarray(from, from + 3)]);
  const places = new Map(
    used.map(([key, { from }]) => [key, nearest(palette, pixels.subarray(from, from + 3))]),
  );
  const rows = Buffer.alloc(height * (width + 1));
  for (let at = 0; at < keys.length; at += 1) {
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = places.get(keys[at]);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const parts = [
    ['IHDR', head],
    ['PLTE', Buffer.from(palette.flat())],
    ['IDAT', deflateSync(rows, { level: 9 })],
    ['IEND', Buffer.alloc(0)],
  ];
  return Buffer.concat([HEAD, ...parts.map(([name, body]) => chunk(name, body))]);
}

function nearest(palette, [red, green, blue]) {
  const far = palette.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  return far.indexOf(Math.min(...far));
}

function decode(png) {
  const body = [];
  let [width, height, channels] = [0, 0, 3];
  for (let at = HEAD.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      channels = data[9] === 6 ? 4 : 3;
    }
    if (name === 'IDAT') body.push(data);
    at += length + 12;
  }
  return {
    width,
    height,
    channels,
    pixels: unfilter(inflateSync(Buffer.concat(body)), { width, height, channels }),
  };
}

/** Undoes the filter of each row (PNG, §9). */
function unfilter(raw, { width, height, channels }) {
  const line = width * channels;
  const out = Buffer.alloc(line * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (line + 1)];
    for (let x = 0; x < line; x += 1) {
      const left = x < channels ? 0 : out[y * line + x - channels];
      const up = y === 0 ? 0 : out[(y - 1) * line + x];
      const corner = x < channels || y === 0 ? 0 : out[(y - 1) * line + x - channels];
      const by = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * line + x] = raw[y * (line + 1) + 1 + x] + by;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(name, body) {
  const told = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(told) >>> 0);
  return Buffer.concat([length, told, sum]);
}
