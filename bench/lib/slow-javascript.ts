/**
 * Makes a process slow by some JavaScript for each JSON text it reads, as each request is one: for seeing the guard fail. What is added is
 * reading a large text, which takes longer on a slow machine, as requests do.
 */
const ENTRIES = 1_500;

const text = JSON.stringify(
  Array.from({ length: ENTRIES }, (_, i) => ({ id: `p${i}`, price: i * 1.25, tags: ['a', 'b'] })),
);
const { parse } = JSON;
JSON.parse = (...args: Parameters<typeof parse>): unknown => {
  parse(text);
  return parse(...args);
};
