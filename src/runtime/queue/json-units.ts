/** Whether a UTF-16 unit is a decimal digit; NaN, what lies behind the end of a text, is not. */
export function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE
}

/** The UTF-16 units that JSON gives a meaning, by name. */
export const SPACE = 32
export const QUOTE = 34
export const PLUS = 43
export const COMMA = 44
export const MINUS = 45
export const POINT = 46
export const ZERO = 48
export const COLON = 58
export const OPEN_BRACKET = 91
export const BACKSLASH = 92
export const CLOSE_BRACKET = 93
export const UPPER_E = 69
export const LOWER_E = 101
export const OPEN_BRACE = 123
export const CLOSE_BRACE = 125
export const NINE = 57
