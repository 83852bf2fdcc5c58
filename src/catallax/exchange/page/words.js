// Amounts, chances and moments as people write them.

const MICRO = 1_000_000n;

/** Whole micro-credits as credits, exactly. */
export function credits(micro) {
  const whole = BigInt(micro);
  const size = whole < 0n ? -whole : whole;
  const rest = String(size % MICRO).padStart(6, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${whole < 0n ? "−" : ""}${(size / MICRO).toLocaleString("en")}.${rest}`;
}

/** Amounts to be compared and not booked: two decimals, unless they are tiny. */
export const short = (micro) => credits(Math.abs(micro) < 10_000 ? micro : Math.round(micro / 10_000) * 10_000);

/** What the service says of whole micro-credits, in credits. */
export const plainly = (text) => text.replace(/(-?\d+) micro-credits/g, (_, whole) => `${credits(whole)} credits`);

/** Credits that were typed as whole micro-credits; an error names the field. */
export function micro(text, field) {
  const match = /^\s*(\d{1,9})(?:[.,](\d{0,6}))?\s*$/.exec(text);
  if (!match) throw wrong(field, "Expected a number such as 2.50; six decimals at most.");
  return Number(BigInt(match[1]) * MICRO + BigInt((match[2] ?? "").padEnd(6, "0")));
}

export function seconds(text, field) {
  const value = Number(text.replace(",", "."));
  if (!(value >= 0.1)) throw wrong(field, "Expected seconds, at least 0.1.");
  return Math.round(value * 1000);
}

const UNITS = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 };

/** A span that was typed, in milliseconds. */
export function span(text, unit, field) {
  const value = Number(text.replace(",", ".")) * UNITS[unit];
  if (!(value >= 1000 && value <= 365 * UNITS.days)) throw wrong(field, "Expected a second or more, and a year at most.");
  return Math.round(value);
}

/** A chance that was typed in per cent. */
export function chance(text, field) {
  const value = Number(text.replace(",", ".").replace(/\s*%\s*$/, "")) / 100;
  if (!(value > 0 && value < 1)) throw wrong(field, "Expected per cent, more than 0 and less than 100.");
  return value;
}

export function percent(share) {
  if (share > 0 && share < 0.001) return "<0.1%";
  if (share < 1 && share > 0.999) return ">99.9%";
  return `${(100 * share).toFixed(share < 0.1 || share > 0.9 ? 1 : 0)}%`;
}

/** Lines that were typed, without empty ones. */
export function lines(text, field) {
  const found = text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (found.length < 2) throw wrong(field, "Expected at least two, each on a line of its own.");
  if (new Set(found).size < found.length) throw wrong(field, "Expected each of them once.");
  return found;
}

/** A moment that was chosen, in the time of whoever chose it. */
export function moment(text, field) {
  const at = new Date(text).getTime();
  if (!(at > Date.now())) throw wrong(field, "Expected a time that is still to come.");
  return at;
}

/** A moment from now, as the field in which it can be changed wants it. */
export function ahead(milliseconds) {
  const zone = new Date().getTimezoneOffset() * 60_000;
  return new Date(Date.now() + milliseconds - zone).toISOString().slice(0, 16);
}

export function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** The time of day, and the day unless it is today. */
export function when(at) {
  const then = new Date(at);
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return then.toDateString() === new Date().toDateString() ? time : `${day(at)} ${time}`;
}

export function day(at) {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export function left(due) {
  const rest = Math.max(0, Math.ceil((due - Date.now()) / 1000));
  if (rest >= 172800) return `${Math.floor(rest / 86400)} days left`;
  if (rest >= 7200) return `${Math.floor(rest / 3600)} hours left`;
  return rest >= 60 ? `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")} left` : `${rest} s left`;
}

/** An error that is shown beside a field. */
export function wrong(field, text) {
  return Object.assign(new Error(text), { field });
}
