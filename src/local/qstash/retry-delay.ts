/** Gives the milliseconds to wait before the next retry; `retried` is 0 before the first one. */
export type RetryDelay = (retried: number) => number;

const MAX_EXPRESSION_LENGTH = 1000;

const functions: Readonly<Record<string, { parameters: number; apply: (...values: number[]) => number }>> = {
  pow: { parameters: 2, apply: Math.pow },
  min: { parameters: 2, apply: Math.min },
  max: { parameters: 2, apply: Math.max },
  sqrt: { parameters: 1, apply: Math.sqrt },
  abs: { parameters: 1, apply: Math.abs },
  exp: { parameters: 1, apply: Math.exp },
  floor: { parameters: 1, apply: Math.floor },
  ceil: { parameters: 1, apply: Math.ceil },
  round: { parameters: 1, apply: Math.round },
};

const binary: Readonly<Record<string, { precedence: number; apply: (a: number, b: number) => number }>> = {
  "+": { precedence: 1, apply: (a, b) => a + b },
  "-": { precedence: 1, apply: (a, b) => a - b },
  "*": { precedence: 2, apply: (a, b) => a * b },
  "/": { precedence: 2, apply: (a, b) => a / b },
  "%": { precedence: 2, apply: (a, b) => a % b },
};

/**
 * Compiles an `Upstash-Retry-Delay` expression: numbers, `retried`, `+ - * / %`, parentheses and the functions that QStash
 * documents (pow sqrt abs exp floor ceil round min max). Throws an Error that names the place of the fault. The result
 * may be negative or not finite; the caller decides what that means.
 */
export function parseRetryDelay(expression: string): RetryDelay {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new Error(`it is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  const tokens = tokenize(expression);
  let position = 0;

  const next = () => tokens[position]?.text;
  const fault = (expected: string): Error => {
    const token = tokens[position];
    return new Error(
      token === undefined
        ? `it ends where ${expected} is expected`
        : `${expected} is expected at character ${token.at + 1}, not "${token.text}"`,
    );
  };
  const expect = (text: string) => {
    if (next() !== text) throw fault(`"${text}"`);
    position++;
  };

  /** Precedence climbing: an operand, then every operator that binds at least as tightly as `lowest`. */
  const expressionAbove = (lowest: number): RetryDelay => {
    let left = operand();
    for (let text = next(); text !== undefined; text = next()) {
      const operator = binary[text];
      if (operator === undefined || operator.precedence < lowest) break;
      position++;
      const [a, b] = [left, expressionAbove(operator.precedence + 1)];
      left = (retried) => operator.apply(a(retried), b(retried));
    }
    return left;
  };

  const operand = (): RetryDelay => {
    const text = next();
    if (text === undefined) throw fault("a value");
    if (/^[\d.]/.test(text)) {
      position++;
      const value = Number(text);
      return () => value;
    }
    if (text === "-" || text === "+") {
      position++;
      const value = operand();
      return text === "-" ? (retried) => -value(retried) : value;
    }
    if (text === "(") {
      position++;
      const inner = expressionAbove(1);
      expect(")");
      return inner;
    }
    if (text === "retried") {
      position++;
      return (retried) => retried;
    }
    return call(text);
  };

  const call = (name: string): RetryDelay => {
    const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (called === undefined) {
      throw fault(`a number, "retried", "(" or one of ${Object.keys(functions).join(" ")}`);
    }
    position++;
    expect("(");
    const values: RetryDelay[] = [expressionAbove(1)];
    while (values.length < called.parameters) {
      expect(",");
      values.push(expressionAbove(1));
    }
    expect(")");
    return (retried) => called.apply(...values.map((value) => value(retried)));
  };

  const compiled = expressionAbove(1);
  if (position < tokens.length) throw fault("an operator or the end");
  return compiled;
}

function tokenize(expression: string): { text: string; at: number }[] {
  const pattern = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|[a-zA-Z_]\w*|[-+*/%(),])|(\S))/g;
  const tokens: { text: string; at: number }[] = [];
  for (const match of expression.matchAll(pattern)) {
    const text = match[1];
    const at = match.index + match[0].length - (text ?? match[2] ?? "").length;
    if (text === undefined) throw new Error(`"${match[2]}" at character ${at + 1} means nothing`);
    tokens.push({ text, at });
  }
  return tokens;
}
