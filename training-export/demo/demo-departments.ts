import type { WordKind } from './demo-vocabulary.ts';

/** One leaf of the category tree. */
export interface CategoryWords {
  readonly name: string;
  readonly nouns: readonly string[];
  readonly variants: readonly string[];
  /** Middle price, in euro. */
  readonly price: number;
  /** Month (1-12) in which demand is highest, and how strongly it swings (0 = all year the same). */
  readonly season?: readonly [peakMonth: number, strength: number];
  /** Who buys more: first women (1) or men (-1), second older (1) or younger (-1) shoppers. */
  readonly audience?: readonly [gender: number, age: number];
}

export interface DepartmentWords {
  readonly name: string;
  readonly kind: WordKind;
  /** Bought again and again by the same shopper. */
  readonly isConsumable: boolean;
  readonly brands: readonly string[];
  readonly categories: readonly CategoryWords[];
}

/** The demo shop's shelves. All brand names are made up. */
export const DEPARTMENTS: readonly DepartmentWords[] = [
  {
    name: 'Home',
    kind: 'thing',
    isConsumable: false,
    brands: ['Norvik', 'Casa Lume', 'Alderbrook', 'Hus & Hem', 'Ostrava Living', 'Tidewell'],
    categories: [
      {
        name: 'Lighting',
        nouns: ['Table Lamp', 'Floor Lamp', 'Pendant', 'Wall Light'],
        variants: ['Linen', 'Brass', 'Glass', 'Rattan', 'Steel'],
        price: 59,
        season: [11, 0.5],
      },
      {
        name: 'Bedding',
        nouns: ['Duvet Cover', 'Pillow Case', 'Bed Throw', 'Fitted Sheet'],
        variants: ['Cotton', 'Linen', 'Satin', 'Jersey', 'Flannel'],
        price: 45,
        audience: [0.6, 0.2],
      },
      {
        name: 'Rugs',
        nouns: ['Rug', 'Runner', 'Door Mat', 'Round Rug'],
        variants: ['Wool', 'Jute', 'Cotton', 'Woven', 'Tufted'],
        price: 95,
      },
      {
        name: 'Storage',
        nouns: ['Basket', 'Shelf', 'Storage Box', 'Coat Rack'],
        variants: ['Oak', 'Willow', 'Felt', 'Steel', 'Bamboo'],
        price: 39,
      },
      {
        name: 'Wall Decor',
        nouns: ['Mirror', 'Print', 'Wall Clock', 'Picture Frame'],
        variants: ['Walnut', 'Brass', 'Ash', 'Black Metal', 'Paper'],
        price: 35,
        audience: [0.5, -0.2],
      },
    ],
  },
  {
    name: 'Kitchen',
    kind: 'thing',
    isConsumable: false,
    brands: ['Fennel & Oak', 'Kupferhof', 'Mesa Verde', 'Tavola Nove', 'Pan & Pine', 'Brightwater'],
    categories: [
      {
        name: 'Cookware',
        nouns: ['Frying Pan', 'Stock Pot', 'Casserole', 'Wok', 'Saucepan'],
        variants: ['Cast Iron', 'Copper', 'Ceramic', 'Steel'],
        price: 65,
      },
      {
        name: 'Tableware',
        nouns: ['Dinner Plate', 'Bowl Set', 'Mug', 'Serving Dish'],
        variants: ['Stoneware', 'Porcelain', 'Enamel', 'Glass'],
        price: 24,
        audience: [0.5, 0.2],
      },
      {
        name: 'Knives',
        nouns: ['Chef Knife', 'Bread Knife', 'Paring Knife', 'Knife Block'],
        variants: ['Carbon Steel', 'Damask', 'Olive Wood', 'Forged'],
        price: 55,
        audience: [-0.5, 0.1],
      },
      {
        name: 'Baking',
        nouns: ['Cake Tin', 'Rolling Pin', 'Baking Mat', 'Cookie Cutter Set'],
        variants: ['Silicone', 'Steel', 'Beech', 'Non-Stick'],
        price: 19,
        season: [12, 0.8],
        audience: [0.7, 0],
      },
      {
        name: 'Coffee Gear',
        nouns: ['Moka Pot', 'Coffee Grinder', 'Pour-Over Set', 'Milk Frother'],
        variants: ['Steel', 'Glass', 'Ceramic', 'Copper'],
        price: 42,
        audience: [-0.2, -0.3],
      },
    ],
  },
  {
    name: 'Garden',
    kind: 'thing',
    isConsumable: false,
    brands: ['Greenhalgh Gardens', 'Terrano', 'Willow Lane', 'Sol y Sombra', 'Meadowcroft'],
    categories: [
      {
        name: 'Outdoor Furniture',
        nouns: ['Lounge Chair', 'Bistro Table', 'Bench', 'Hammock'],
        variants: ['Acacia', 'Teak', 'Steel', 'Rope'],
        price: 145,
        season: [6, 1.2],
        audience: [0, 0.5],
      },
      {
        name: 'Planters',
        nouns: ['Planter', 'Hanging Pot', 'Window Box', 'Plant Stand'],
        variants: ['Terracotta', 'Zinc', 'Ceramic', 'Fibre'],
        price: 28,
        season: [5, 1],
        audience: [0.4, 0.3],
      },
      {
        name: 'Garden Tools',
        nouns: ['Spade', 'Secateurs', 'Watering Can', 'Hand Rake'],
        variants: ['Forged', 'Ash-Handle', 'Galvanised', 'Steel'],
        price: 32,
        season: [4, 1],
        audience: [-0.3, 0.8],
      },
      {
        name: 'Barbecue',
        nouns: ['Charcoal Grill', 'Grill Tongs', 'Fire Bowl', 'Pizza Stone'],
        variants: ['Steel', 'Cast Iron', 'Enamel', 'Slate'],
        price: 89,
        season: [6, 1.3],
        audience: [-0.8, 0.2],
      },
    ],
  },
  {
    name: 'Fashion',
    kind: 'thing',
    isConsumable: false,
    brands: ['Marlowe & Finch', 'Ateljé Sund', 'Lune Blanche', 'Corvo', 'Sparrow Lane', 'Tessuto Due', 'Kaito'],
    categories: [
      {
        name: 'Dresses',
        nouns: ['Wrap Dress', 'Shirt Dress', 'Midi Dress', 'Maxi Dress'],
        variants: ['Linen', 'Cotton', 'Viscose', 'Silk'],
        price: 69,
        season: [6, 0.8],
        audience: [2.4, -0.2],
      },
      {
        name: 'Shirts',
        nouns: ['Oxford Shirt', 'Overshirt', 'Polo', 'Short-Sleeve Shirt'],
        variants: ['Cotton', 'Linen', 'Flannel', 'Chambray'],
        price: 49,
        audience: [-1.6, 0.2],
      },
      {
        name: 'Knitwear',
        nouns: ['Pullover', 'Cardigan', 'Roll-Neck', 'Knit Vest'],
        variants: ['Merino', 'Cashmere', 'Lambswool', 'Cotton'],
        price: 79,
        season: [11, 1.2],
        audience: [0.3, 0.3],
      },
      {
        name: 'Jeans',
        nouns: ['Straight Jeans', 'Slim Jeans', 'Wide Jeans', 'Denim Jacket'],
        variants: ['Indigo', 'Washed', 'Raw', 'Stretch'],
        price: 75,
        audience: [0, -0.8],
      },
      {
        name: 'Swimwear',
        nouns: ['Swimsuit', 'Swim Shorts', 'Bikini', 'Beach Robe'],
        variants: ['Ribbed', 'Printed', 'Quick-Dry', 'Terry'],
        price: 42,
        season: [6, 1.6],
        audience: [0.7, -0.7],
      },
    ],
  },
  {
    name: 'Shoes & Bags',
    kind: 'thing',
    isConsumable: false,
    brands: ['Passo Alto', 'Kestrel Works', 'Bramble & Co', 'Vento', 'Holm'],
    categories: [
      {
        name: 'Trainers',
        nouns: ['Trainers', 'High-Tops', 'Slip-Ons', 'Runners'],
        variants: ['Canvas', 'Leather', 'Mesh', 'Suede'],
        price: 85,
        audience: [-0.3, -1],
      },
      {
        name: 'Boots',
        nouns: ['Chelsea Boots', 'Lace-Up Boots', 'Ankle Boots', 'Rain Boots'],
        variants: ['Leather', 'Suede', 'Rubber', 'Nubuck'],
        price: 125,
        season: [11, 1.2],
      },
      {
        name: 'Sandals',
        nouns: ['Sandals', 'Slides', 'Espadrilles', 'Clogs'],
        variants: ['Leather', 'Cork', 'Raffia', 'Suede'],
        price: 55,
        season: [6, 1.5],
        audience: [0.9, 0],
      },
      {
        name: 'Handbags',
        nouns: ['Tote', 'Shoulder Bag', 'Crossbody Bag', 'Clutch'],
        variants: ['Leather', 'Canvas', 'Suede', 'Raffia'],
        price: 98,
        audience: [2.2, 0.1],
      },
      {
        name: 'Backpacks',
        nouns: ['Backpack', 'Roll-Top Pack', 'Laptop Bag', 'Weekender'],
        variants: ['Canvas', 'Waxed Cotton', 'Nylon', 'Leather'],
        price: 79,
        season: [8, 0.6],
        audience: [-0.5, -0.9],
      },
    ],
  },
  {
    name: 'Sport & Outdoor',
    kind: 'device',
    isConsumable: false,
    brands: ['Fjellvei', 'Pace Nord', 'Ridgeway', 'Arco Uno', 'Summit & Sons'],
    categories: [
      {
        name: 'Cycling',
        nouns: ['Cycling Helmet', 'Bike Light', 'Pannier', 'Bike Pump'],
        variants: ['LED', 'Alloy', 'Waterproof', 'Carbon'],
        price: 58,
        season: [5, 0.9],
        audience: [-0.9, 0],
      },
      {
        name: 'Running',
        nouns: ['Running Belt', 'Running Jacket', 'Running Tights', 'Running Cap'],
        variants: ['Reflective', 'Thermal', 'Light', 'Seamless'],
        price: 49,
        season: [4, 0.5],
        audience: [0, -0.5],
      },
      {
        name: 'Camping',
        nouns: ['Tent', 'Sleeping Bag', 'Camp Stove', 'Lantern'],
        variants: ['Two-Person', 'Down', 'Titanium', 'Rechargeable'],
        price: 119,
        season: [6, 1.2],
        audience: [-0.4, -0.3],
      },
      {
        name: 'Yoga',
        nouns: ['Yoga Mat', 'Yoga Block', 'Bolster', 'Meditation Cushion'],
        variants: ['Cork', 'Rubber', 'Cotton', 'Buckwheat'],
        price: 38,
        season: [1, 0.5],
        audience: [1.8, -0.1],
      },
      {
        name: 'Fitness',
        nouns: ['Kettlebell', 'Resistance Band', 'Dumbbell Set', 'Foam Roller'],
        variants: ['Cast', 'Latex', 'Neoprene', 'Adjustable'],
        price: 44,
        season: [1, 0.8],
        audience: [-0.7, -0.6],
      },
    ],
  },
  {
    name: 'Electronics',
    kind: 'device',
    isConsumable: false,
    brands: ['Voltera', 'Klang', 'Lumitron', 'Nimbus Audio', 'Okto'],
    categories: [
      {
        name: 'Headphones',
        nouns: ['Earbuds', 'Headphones', 'Sport Earphones', 'Headset'],
        variants: ['Wireless', 'Noise-Cancelling', 'Open-Ear', 'Wired'],
        price: 109,
        audience: [-0.6, -1],
      },
      {
        name: 'Speakers',
        nouns: ['Speaker', 'Soundbar', 'Radio', 'Turntable'],
        variants: ['Bluetooth', 'Wi-Fi', 'Stereo', 'Portable'],
        price: 139,
        audience: [-1, 0.2],
      },
      {
        name: 'Smart Home',
        nouns: ['Smart Bulb', 'Thermostat', 'Smart Plug', 'Motion Sensor'],
        variants: ['Wi-Fi', 'Dimmable', 'Battery', 'Outdoor'],
        price: 48,
        audience: [-1.2, 0],
      },
      {
        name: 'Chargers & Cables',
        nouns: ['Charger', 'Power Bank', 'Charging Cable', 'Charging Stand'],
        variants: ['USB-C', 'Magnetic', 'Braided', 'Foldable'],
        price: 29,
        audience: [-0.3, -0.8],
      },
    ],
  },
  {
    name: 'Beauty & Care',
    kind: 'consumable',
    isConsumable: true,
    brands: ['Flor de Sal', 'Hesper', 'Birk & Bergamot', 'Maison Claire', 'Dew Theory'],
    categories: [
      {
        name: 'Skin Care',
        nouns: ['Day Cream', 'Serum', 'Face Wash', 'Face Mask'],
        variants: ['Aloe', 'Rose', 'Vitamin C', 'Oat'],
        price: 28,
        audience: [1.8, 0.2],
      },
      {
        name: 'Hair Care',
        nouns: ['Shampoo', 'Conditioner', 'Hair Oil', 'Hair Mask'],
        variants: ['Argan', 'Rosemary', 'Coconut', 'Mint'],
        price: 16,
        audience: [0.9, 0],
      },
      {
        name: 'Fragrance',
        nouns: ['Eau de Parfum', 'Cologne', 'Body Mist', 'Scented Candle'],
        variants: ['Cedar', 'Fig', 'Neroli', 'Amber'],
        price: 62,
        season: [12, 0.8],
        audience: [0.6, 0.1],
      },
      {
        name: 'Shaving',
        nouns: ['Beard Oil', 'Shaving Cream', 'Razor Blades', 'Aftershave'],
        variants: ['Sandalwood', 'Menthol', 'Cedar', 'Sensitive'],
        price: 18,
        audience: [-2.4, 0.1],
      },
    ],
  },
  {
    name: 'Food & Drink',
    kind: 'consumable',
    isConsumable: true,
    brands: ['Hillgrove', 'Terra Buona', 'Leaf & Kettle', 'Casa Oliva', 'Roastery Nine'],
    categories: [
      {
        name: 'Coffee',
        nouns: ['Coffee Beans', 'Espresso Blend', 'Filter Coffee', 'Cold Brew'],
        variants: ['Dark Roast', 'Medium Roast', 'Single Origin', 'Decaf'],
        price: 13,
      },
      {
        name: 'Tea',
        nouns: ['Loose Tea', 'Tea Bags', 'Chai Blend', 'Iced Tea'],
        variants: ['Green', 'Black', 'Rooibos', 'Peppermint'],
        price: 9,
        season: [12, 0.6],
        audience: [0.6, 0.4],
      },
      {
        name: 'Chocolate',
        nouns: ['Chocolate Bar', 'Truffles', 'Drinking Chocolate', 'Pralines'],
        variants: ['Dark', 'Milk', 'Hazelnut', 'Sea Salt'],
        price: 8,
        season: [12, 0.8],
      },
      {
        name: 'Oils & Spices',
        nouns: ['Olive Oil', 'Spice Mix', 'Balsamic Vinegar', 'Sea Salt'],
        variants: ['Smoked', 'Garlic', 'Lemon', 'Chilli'],
        price: 14,
        audience: [0.1, 0.5],
      },
      {
        name: 'Snacks',
        nouns: ['Granola', 'Mixed Nuts', 'Crackers', 'Fruit Bars'],
        variants: ['Almond', 'Sesame', 'Berry', 'Oat'],
        price: 6,
        audience: [0, -0.5],
      },
    ],
  },
  {
    name: 'Kids',
    kind: 'thing',
    isConsumable: false,
    brands: ['Pip & Poppy', 'Bärli', 'Kite House', 'Tumbletown'],
    categories: [
      {
        name: 'Toys',
        nouns: ['Building Blocks', 'Train Set', 'Doll House', 'Pull-Along Dog'],
        variants: ['Wooden', 'Magnetic', 'Painted', 'Beech'],
        price: 34,
        season: [12, 1],
      },
      {
        name: 'Puzzles & Games',
        nouns: ['Puzzle', 'Board Game', 'Card Game', 'Memory Game'],
        variants: ['Forest', 'Ocean', 'Space', 'World Map'],
        price: 22,
        season: [12, 0.9],
      },
      {
        name: 'Baby',
        nouns: ['Baby Blanket', 'Romper', 'Play Mat', 'Soft Toy'],
        variants: ['Cotton', 'Muslin', 'Fleece', 'Knitted'],
        price: 29,
        audience: [0.9, -0.4],
      },
      {
        name: 'Kids Clothing',
        nouns: ['T-Shirt', 'Rain Jacket', 'Leggings', 'Pyjamas'],
        variants: ['Striped', 'Printed', 'Cotton', 'Hooded'],
        price: 24,
        audience: [0.8, -0.2],
      },
    ],
  },
  {
    name: 'Pets',
    kind: 'consumable',
    isConsumable: true,
    brands: ['Wagtail', 'Pawsome Farm', 'Katzenhaus', 'Burrow & Bark'],
    categories: [
      {
        name: 'Dog Food',
        nouns: ['Dog Biscuits', 'Dry Dog Food', 'Chew Sticks', 'Dog Pâté'],
        variants: ['Chicken', 'Salmon', 'Lamb', 'Duck'],
        price: 24,
      },
      {
        name: 'Cat Food',
        nouns: ['Dry Cat Food', 'Cat Pâté', 'Cat Treats', 'Kitten Food'],
        variants: ['Tuna', 'Chicken', 'Rabbit', 'Trout'],
        price: 19,
        audience: [0.7, 0.2],
      },
      {
        name: 'Pet Care',
        nouns: ['Pet Shampoo', 'Paw Balm', 'Cat Litter', 'Grooming Wipes'],
        variants: ['Oat', 'Aloe', 'Pine', 'Sensitive'],
        price: 15,
      },
    ],
  },
  {
    name: 'Paper & Craft',
    kind: 'thing',
    isConsumable: false,
    brands: ['Folio Nord', 'Inkwell Lane', 'Papierhaus', 'Threadbare Studio'],
    categories: [
      {
        name: 'Notebooks',
        nouns: ['Notebook', 'Planner', 'Sketchbook', 'Journal'],
        variants: ['Dotted-Page', 'Lined', 'Cloth-Bound', 'Leather'],
        price: 17,
        season: [1, 0.6],
        audience: [0.5, -0.5],
      },
      {
        name: 'Pens',
        nouns: ['Fountain Pen', 'Gel Pen Set', 'Brush Pens', 'Pencil Set'],
        variants: ['Fine-Tip', 'Brass', 'Pastel', 'Cedar'],
        price: 21,
      },
      {
        name: 'Craft Kits',
        nouns: ['Embroidery Kit', 'Knitting Kit', 'Pottery Kit', 'Candle Kit'],
        variants: ['Beginner', 'Floral', 'Merino', 'Soy'],
        price: 33,
        season: [11, 0.6],
        audience: [1.3, 0.2],
      },
    ],
  },
];
