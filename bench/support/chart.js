import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** @typedef {import('../http/measure.js').Row} Row */

/**
 * Returns an SVG image with bars of the CPU time for a request, relative to the bare framework's.
 *
 * @param {readonly { title: string, rows: readonly Row[] }[]} results
 * @param {string} subtitle
 */
export function chartOf(results, subtitle) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 420 });
  const all = results.flatMap(({ rows }) => rows);
  const variants = new Set(all.map(({ variant }) => variant));
  variants.delete('bare');
  const highest = Math.max(1, ...all.map(({ cpuToBare }) => cpuToBare.median));
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      text: 'CPU time for a request, bare framework = 1',
      subtext: `${subtitle}; medians of paired ratios, less is better`,
      left: 'center',
    },
    legend: { bottom: 0 },
    grid: { left: 50, right: 20, top: 80, bottom: 70 },
    xAxis: { type: 'category', data: results.map(({ title }) => title) },
    yAxis: { type: 'value', min: 0, max: Math.ceil(highest * 5) / 5 },
    series: [...variants].map((variant) => ({
      type: 'bar',
      name: variant,
      data: results.map(({ rows }) => {
        const row = rows.find((one) => one.variant === variant);
        return row === undefined ? '-' : Number(row.cpuToBare.median.toFixed(3));
      }),
      label: { show: true, position: 'top', fontSize: 9 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
