import { Buffer } from "node:buffer";

/**
 * For tests: writes a MaxMind database of a few IPv4 addresses, by the published format (version 2, records of 24 bits).
 */
export function writeMmdb(entries: Readonly<Record<string, unknown>>): Buffer {
  const data: Buffer[] = [];
  const nodes: [number, number][] = [[-1, -1]];
  const values: { node: number; bit: 0 | 1; offset: number }[] = [];
  let dataLength = 0;
  for (const [address, value] of Object.entries(entries)) {
    const bits = address
      .split(".")
      .flatMap((part) => Array.from({ length: 8 }, (_, n) => (Number(part) >> (7 - n)) & 1));
    let node = 0;
    bits.forEach((bit, depth) => {
      const branch = bit === 1 ? 1 : 0;
      const records = nodes[node] ?? [-1, -1];
      if (depth === 31) {
        values.push({ node, bit: branch, offset: dataLength });
      } else {
        if (records[branch] < 0) records[branch] = nodes.push([-1, -1]) - 1;
        node = records[branch];
      }
    });
    const encoded = encode(value);
    data.push(encoded);
    dataLength += encoded.length;
  }
  const count = nodes.length;
  for (const { node, bit, offset } of values) {
    const records = nodes[node];
    if (records) records[bit] = count + 16 + offset;
  }
  const tree = Buffer.alloc(count * 6);
  nodes.forEach((records, index) => {
    records.forEach((record, side) => tree.writeUIntBE(record < 0 ? count : record, index * 6 + side * 3, 3));
  });
  const metadata = encode({
    node_count: count,
    record_size: 24,
    ip_version: 4,
    database_type: "Test-City",
    languages: ["en"],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    description: { en: "for tests" },
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"),
    metadata,
  ]);
}

function encode(value: unknown): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(3, 8), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const fields = Object.entries(value as object);
  return Buffer.concat([
    control(7, fields.length),
    ...fields.flatMap(([name, inner]) => [encode(name), encode(inner)]),
  ]);
}

/** Type and size; sizes from 29 on take another byte, types above 7 too. */
function control(type: number, size: number): Buffer {
  const sizeBits = size < 29 ? size : 29;
  const bytes = type > 7 ? [sizeBits, type - 7] : [(type << 5) | sizeBits];
  if (size >= 29) bytes.push(size - 29);
  return Buffer.from(bytes);
}
