/** Dollars with as many places as the amount needs: `$1.26`, `$0.0134`. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 0.1 && amount > 0 ? 4 : 2)}`
}

/** What a thing that is forgotten costs in a month: `$97 a month`. */
export function perMonth(dollarsAnHour: number): string {
  return `$${Math.round(dollarsAnHour * HOURS_A_MONTH)} a month`
}

const HOURS_A_MONTH = 730
