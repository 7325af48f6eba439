// A way to show text: plain in, with its colour out.
export type Style = (text: string) => string
