export * from './camera.ts';
export * from './config.ts';
export * from './demo-clock.ts';
export * from './events.ts';
export * from './problem.ts';
export * from './server-info.ts';
export * from './session.ts';
export * from './source-report.ts';
