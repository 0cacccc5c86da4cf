/** Files that are part of the program: texts as they are, fonts as the path of the embedded file. */
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.svg" {
  const text: string;
  export default text;
}
declare module "*.txt" {
  const text: string;
  export default text;
}
declare module "*.woff2" {
  const path: string;
  export default path;
}
/** Scripts for browsers. */
declare module "*.js" {
  const text: string;
  export default text;
}
