/** Makes a process slow by some JavaScript for each JSON text it reads, as each request is one: for seeing the guard fail. */
const ADDED_MS = 0.5;

const { parse } = JSON;
JSON.parse = (...args: Parameters<typeof parse>): unknown => {
  const untilMs = performance.now() + ADDED_MS;
  while (performance.now() < untilMs);
  return parse(...args);
};
