// A total down to its cells, so that it adds up exactly. The twin of spread_total in demand/spreading.py;
// both are held to tests/demand/spreading_cases.json, so change them together.
//
//   spreadTotal(100, [10, 20, 10], { held: [true, false, false], decimals: 0 })
//     ->  { values: [10, 60, 30], basis: 0 }     basis 0 = what stood there, 1, 2.. = that fallback, -1 = evenly
//   throws SpreadError with a sentence where held cells leave no way.

const TINY = 1e-9;

export class SpreadError extends Error {}

/** The twin of math.fsum for lists of this size: what rounding lost is carried along. */
export function exactSum(values) {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

export function spreadTotal(total, base, { held = base.map(() => false), fallbacks = [], decimals = 0 } = {}) {
  const free = [...base.keys()].filter((index) => !held[index]);
  const rest = restToSpread(total, base, held, free.length > 0);
  const values = [...base];
  if (!free.length) return { values, basis: 0 };
  const { basis, weights } = weigh([base, ...fallbacks], free);
  shares(rest, weights, decimals).forEach((share, order) => { values[free[order]] = share; });
  return { values, basis };
}

function restToSpread(total, base, held, anyFree) {
  const kept = exactSum(base.filter((_, index) => held[index]));
  const rest = exactSum([total, -kept]);
  const slack = TINY * Math.max(total, 1);
  if (rest < -slack) throw new SpreadError(`the cells that are held add up to ${plain(kept)}, more than ${plain(total)}`);
  if (!anyFree && rest > slack) throw new SpreadError("every cell is held");
  return Math.max(rest, 0);
}

function plain(value) {
  return String(Number(value.toPrecision(6)));
}

function weigh(candidates, free) {
  for (const [basis, candidate] of candidates.entries()) {
    const weights = free.map((index) => candidate[index]);
    if (exactSum(weights) > 0) return { basis, weights };
  }
  return { basis: -1, weights: free.map(() => 1) };
}

function shares(rest, weights, decimals) {
  const largest = Math.max(...weights);
  const scaled = weights.map((weight) => weight / largest);
  const sum = exactSum(scaled);
  const units = Math.floor(rest * 10 ** decimals + 1e-6);
  const found = largestRemainder(units, scaled.map((weight) => weight / sum)).map((whole) => whole / 10 ** decimals);
  return Math.abs(exactSum(found) - rest) <= TINY * Math.max(rest, 1) ? found : corrected(found, rest);
}

/** What finer held cells leave over rides on the largest share. */
function corrected(found, rest) {
  const at = found.indexOf(Math.max(...found));
  const others = found.map((one, index) => (index === at ? 0 : -one));
  return found.map((one, index) => (index === at ? Math.max(0, exactSum([rest, ...others])) : one));
}

/** Whole units in proportion, exactly `units` together; the first of equal remainders gets one more. */
function largestRemainder(units, portions) {
  const ideal = portions.map((portion) => Math.round(units * portion * 1e9) / 1e9);
  const whole = ideal.map(Math.floor);
  const missing = units - exactSum(whole);
  const order = [...whole.keys()].sort((one, other) => (whole[one] - ideal[one]) - (whole[other] - ideal[other]) || one - other);
  for (const index of order.slice(0, missing)) whole[index] += 1;
  return whole;
}
