/** Lays out what doctor found. */
import pc from 'picocolors';

/** One tool, there or missing. */
export type Finding = { readonly name: string } & (
  | { readonly state: 'found'; readonly version: string; readonly where: string }
  | { readonly state: 'missing'; readonly problem: string }
);

export interface FindingGroup {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** The groups as text, a line a tool; a missing one is followed by what was seen and what mends it. */
export function formatFindings(groups: readonly FindingGroup[]): string {
  const all = groups.flatMap(({ findings }) => findings);
  const nameWidth = Math.max(...all.map(({ name }) => name.length));
  const versionWidth = Math.max(...all.map((finding) => (finding.state === 'found' ? finding.version.length : 0)));
  return groups
    .map(({ title, findings }) =>
      [pc.bold(title), ...findings.map((finding) => formatFinding(finding, nameWidth, versionWidth))].join('\n'),
    )
    .join('\n\n');
}

function formatFinding(finding: Finding, nameWidth: number, versionWidth: number): string {
  const name = finding.name.padEnd(nameWidth);
  if (finding.state === 'found') {
    return `  ${pc.green('found  ')} ${name}  ${finding.version.padEnd(versionWidth)}  ${finding.where}`;
  }
  return `  ${pc.red('missing')} ${name}  ${finding.problem.replaceAll('\n', '\n      ')}`;
}
