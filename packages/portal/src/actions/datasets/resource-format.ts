/** Formats as they are spelled, so that datasets are found by one spelling of each. */
const SPELLED =
  'CSV TSV XLS XLSX ODS JSON JSONL XML YAML SQL Parquet NetCDF ' +
  'GeoJSON TopoJSON KML KMZ GML GPX SHP GeoTIFF WMS WFS WMTS GTFS ' +
  'RDF TTL PDF DOC DOCX ODT RTF TXT HTML PNG JPEG SVG TIFF ZIP'

const KNOWN: ReadonlyMap<string, string> = new Map(
  SPELLED.split(' ').map((format) => [format.toLowerCase(), format]),
)

/** `format` as it is spelled when it is known; another is as somebody wrote it. */
export function spelledFormat(format: string): string {
  return KNOWN.get(format.trim().toLowerCase()) ?? format
}
