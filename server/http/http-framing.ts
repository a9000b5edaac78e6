/** How the body is delimited, and what is wrong with the lines that say so. */
export interface Framing {
  /** 0 when absent. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  readonly problem: string | undefined;
}

/**
 * Reads the lines that delimit the body. Two readings of where a body ends let one client
 * speak for another behind a shared proxy connection: such requests are refused.
 *
 * @param headers name, value, name, value; names in lower case
 */
export function framingOf(headers: readonly string[]): Framing {
  let length: string | undefined;
  let encoding: string | undefined;
  let hostCount = 0;
  let problem: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1]!;
    switch (headers[i]) {
      case 'content-length':
        if (length !== undefined) problem = 'content-length: given more than once';
        length = value;
        break;
      case 'transfer-encoding':
        if (encoding !== undefined) problem = 'transfer-encoding: given more than once';
        encoding = value;
        break;
      case 'host':
        hostCount += 1;
        break;
    }
  }
  if (hostCount > 1) problem = 'host: given more than once';
  if (length !== undefined && !/^\d{1,15}$/.test(length)) problem = 'content-length: expected digits';
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') problem = 'transfer-encoding: expected chunked';
  if (length !== undefined && encoding !== undefined) problem = 'content-length and transfer-encoding: expected one';
  const contentLength = length === undefined ? 0 : Number(length);
  return { contentLength: Number.isNaN(contentLength) ? 0 : contentLength, isChunked: encoding !== undefined, problem };
}
