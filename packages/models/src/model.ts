/** What `defineEntity` returns, as far as signals need it: the sender of model signals. */
export interface Model<E extends object = object> {
  readonly name: string
  /** Carries the type of the entity's instances. */
  readonly '~entity': E
}

/** The type of the instances of the model `M`. */
export type InstanceOf<M> = M extends { readonly '~entity': infer E extends object } ? E : object
