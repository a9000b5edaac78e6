import { describeUserTower } from './user-tower.contract.ts';

describeUserTower('split', () => ({}));
