import { formatTable } from "../../src/commands/table.ts";
import { type Balance, causes } from "./ledger.ts";
import { describeShare, type LevelResult } from "./level.ts";

/** Examples of a fault that a report names. */
const EXAMPLES = 5;

/** What is wrong with a level, in sentences; empty when nothing was lost. */
export function findings(result: LevelResult): string[] {
  const { totals, balances, leaked, remaining, stranded, eternal } = result;
  const name = `at ${describeShare(result.share)}`;
  const found = balances
    .filter(({ lost }) => lost.length > 0)
    .map(
      ({ destination, lost }) => `${name} ${lost.length} events never came to ${destination}: ${some(lost)}`,
    );
  if (totals.acknowledged < totals.sent) {
    found.push(`${name} ${totals.sent - totals.acknowledged} events were never acknowledged`);
  }
  if (leaked.length > 0) found.push(`${name} ${leaked.length} dropped events arrived: ${some(leaked)}`);
  if (remaining.messages + remaining.buffers > 0) {
    found.push(`${name} ${remaining.messages} messages and ${remaining.buffers} buffer keys were left over`);
  }
  if (stranded.length > 0)
    found.push(`${name} QStash gave up ${stranded.length} messages: ${some(stranded)}`);
  if (eternal.length > 0) found.push(`${name} keys of the gateway have no life time: ${some(eternal)}`);
  return found;
}

function some(examples: readonly string[]): string {
  const more = examples.length > EXAMPLES ? ", …" : "";
  return (
    examples
      .slice(0, EXAMPLES)
      .map((text) => text.slice(0, 500))
      .join(", ") + more
  );
}

const left = (title: string) => ({ title, align: "left" as const });
const right = (title: string) => ({ title, align: "right" as const });

/** Two tables: what SDKs saw, and what each destination has of it. */
export function formatReport(results: readonly LevelResult[]): string {
  const asked = formatTable(
    [
      left("faults"),
      right("events sent"),
      right("acknowledged"),
      right("dropped by an app"),
      right("requests"),
      right("refused"),
      right("unanswered"),
      right("faults injected"),
      right("sent in s"),
      right("settled in s"),
    ],
    results.map((result) => {
      const { totals, answers } = result;
      const requests = sum(answers.values());
      const unanswered = answers.get(0) ?? 0;
      const refused = requests - unanswered - (answers.get(200) ?? 0);
      const injected = sum(Object.values(result.faults));
      const seconds = [result.sendSeconds, result.drainSeconds].map(Math.round);
      const counts = [
        totals.sent,
        totals.acknowledged,
        totals.dropped,
        requests,
        refused,
        unanswered,
        injected,
      ];
      return [describeShare(result.share), ...[...counts, ...seconds].map(String)];
    }),
  );
  const came = formatTable(
    [
      left("faults"),
      left("destination"),
      ...["due", "arrived", "dead letters", "lost", "repeated"].map(right),
      left("why repeated"),
    ],
    results.flatMap((result) =>
      result.balances.map((balance) => [
        describeShare(result.share),
        balance.destination,
        ...balanceRow(balance),
      ]),
    ),
  );
  return `${asked}\n\n${came}`;
}

/** The same in Markdown, over all destinations: a line a level, a column a cause. */
export function formatSummary(results: readonly LevelResult[]): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const head = [
    "faults",
    "deliveries due",
    "arrived",
    "dead letters",
    "lost",
    ...causes.map((why) => `repeated: ${why}`),
  ];
  const lines = results.map(({ share, balances }) => {
    const total = (count: (balance: Balance) => number) => sum(balances.map(count));
    return row([
      describeShare(share),
      total(({ due }) => due),
      total(({ arrived }) => arrived),
      total(({ deadLetters }) => deadLetters),
      total(({ lost }) => lost.length),
      ...causes.map((cause) => total(({ repeats }) => repeats.get(cause) ?? 0)),
    ]);
  });
  return [row(head), row(head.map(() => "---")), ...lines].join("\n");
}

function balanceRow({ due, arrived, deadLetters, lost, repeats }: Balance): string[] {
  const why = [...causes, null]
    .filter((cause) => repeats.has(cause))
    .map((cause) => `${repeats.get(cause)} ${cause ?? "for no known reason"}`);
  const numbers = [due, arrived, deadLetters, lost.length, sum(repeats.values())];
  return [...numbers.map(String), why.join(", ")];
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
