/** How large a directory is, and how deep. */
export interface Shape {
  readonly users: number;
  readonly groups: number;
  /** Direct memberships, of users and groups; met within a hundredth. */
  readonly memberships: number;
  /** Groups on the longest way from an outermost group to an innermost one. */
  readonly depth: number;
}

/** The directories that the goals are about; `small` is a hundredth of `full`. */
export const shapes = {
  small: { users: 10_000, groups: 1_000, memberships: 79_000, depth: 10 },
  full: { users: 1_000_000, groups: 100_000, memberships: 7_900_000, depth: 10 },
} as const satisfies Record<string, Shape>;

export type Size = keyof typeof shapes;
