// Amounts and moments as people write them.

const MICRO = 1_000_000n;

/** Whole micro-credits as credits, exactly. */
export function credits(micro) {
  const whole = BigInt(micro);
  const size = whole < 0n ? -whole : whole;
  const rest = String(size % MICRO).padStart(6, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${whole < 0n ? "−" : ""}${(size / MICRO).toLocaleString("en")}.${rest}`;
}

/** Credits that were typed as whole micro-credits; an error names the field. */
export function micro(text, field) {
  const match = /^\s*(\d{1,9})(?:[.,](\d{0,6}))?\s*$/.exec(text);
  if (!match) throw Object.assign(new Error("Expected credits, such as 2.50; six decimals at most."), { field });
  return Number(BigInt(match[1]) * MICRO + BigInt((match[2] ?? "").padEnd(6, "0")));
}

export function seconds(text, field) {
  const value = Number(text);
  if (!(value >= 0.1)) throw Object.assign(new Error("Expected seconds, at least 0.1."), { field });
  return Math.round(value * 1000);
}

export function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function left(due) {
  const rest = Math.max(0, Math.ceil((due - Date.now()) / 1000));
  if (rest >= 172800) return `${Math.floor(rest / 86400)} days left`;
  if (rest >= 7200) return `${Math.floor(rest / 3600)} hours left`;
  return rest >= 60 ? `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")} left` : `${rest} s left`;
}
