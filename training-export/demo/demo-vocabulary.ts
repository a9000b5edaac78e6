/** The styles products have and shoppers like; a style is one dimension of the taste space. */
export const STYLES = ['minimal', 'classic', 'rustic', 'playful', 'sporty', 'elegant', 'natural', 'bold'] as const;
export type Style = (typeof STYLES)[number];

/** Which adjectives suit a department's products. */
export type WordKind = 'thing' | 'device' | 'consumable';

/** Words that say a product's style in its title. */
export const STYLE_WORDS: Readonly<Record<WordKind, Readonly<Record<Style, readonly string[]>>>> = {
  thing: {
    minimal: ['Plain', 'Simple', 'Slim'],
    classic: ['Classic', 'Heritage', 'Traditional'],
    rustic: ['Rustic', 'Country', 'Farmhouse'],
    playful: ['Happy', 'Rainbow', 'Dotted'],
    sporty: ['Active', 'Trail', 'Everyday'],
    elegant: ['Elegant', 'Fine', 'Evening'],
    natural: ['Natural', 'Organic', 'Recycled'],
    bold: ['Bold', 'Urban', 'Graphic'],
  },
  device: {
    minimal: ['Slim', 'Compact', 'Pure'],
    classic: ['Classic', 'Retro', 'Original'],
    rustic: ['Rugged', 'Wood-Trim', 'Field'],
    playful: ['Colour', 'Pocket', 'Fun'],
    sporty: ['Active', 'Sport', 'Trail'],
    elegant: ['Premium', 'Silver', 'Studio'],
    natural: ['Eco', 'Solar', 'Low-Energy'],
    bold: ['Neon', 'Max', 'Urban'],
  },
  consumable: {
    minimal: ['Pure', 'Plain', 'Mild'],
    classic: ['Classic', 'Original', 'Traditional'],
    rustic: ['Country', 'Farmhouse', 'Hand-Made'],
    playful: ['Happy', 'Fruity', 'Sunny'],
    sporty: ['Active', 'Energy', 'Fresh'],
    elegant: ['Fine', 'Reserve', 'Royal'],
    natural: ['Organic', 'Wild', 'Botanical'],
    bold: ['Bold', 'Intense', 'Spicy'],
  },
};

export const COLOURS = [
  'Black',
  'White',
  'Sand',
  'Sage',
  'Navy',
  'Rust',
  'Slate',
  'Rose',
  'Mustard',
  'Forest',
] as const;
